/*
 * Keys of the form's fields the program itself knows: those that carry a code, a moment or a
 * person's search key. Everything else about fields stands in the pack.
 */
#ifndef HOSO_CLIENT_REPLICA_CASE_FIELD_H
#define HOSO_CLIENT_REPLICA_CASE_FIELD_H

#define FIELD_KEY_CODE "ma_ho_so"
#define FIELD_KEY_PROCEDURE "ma_tthc"
#define FIELD_KEY_RECEIVED "nhan_luc"
#define FIELD_KEY_DUE "hen_tra"
#define FIELD_KEY_OUTCOME "ket_qua"
#define FIELD_KEY_HANDED_OVER "tra_luc"
#define FIELD_KEY_OWNER "chu_ho_so"
#define FIELD_KEY_SUBMITTER "nguoi_nop"
#define FIELD_KEY_IDENTITY_NUMBER "so_giay_to"
#define FIELD_KEY_PHONE "dien_thoai"

#endif
